/** Room 2: services. What runs by itself, in which order it starts and stops, and how often it may fail. */
export {
  createHostServiceRunner,
  createProcessServiceRunner,
  type HostServiceOptions,
  type ProcessServiceOptions,
  type ProcessServiceRunner,
} from './process-service.ts';
export type { LifecycleOptions, RestartOptions } from './restart.ts';
export {
  type ServiceRunner,
  type ServiceSpec,
  type ServiceState,
  type ServiceStatus,
  STOP_REASON,
} from './service.ts';
export { Supervisor, type SupervisorOptions } from './supervisor.ts';
