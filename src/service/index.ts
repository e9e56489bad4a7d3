/**
 * Services. What runs by itself because an entry says so: in which order it starts and stops, how often it
 * may fail, and what an edit means for what runs. `runnable-kind.ts` is the seam for kinds of other rooms.
 */

export { createHostRunner, type HostSystem, type ProcessHostPorts, processHostKind } from './process-host.ts';
export { createProcessRunner, type ProcessServicePorts, processServiceKind } from './process-service.ts';
export type { RunnableKind, ServiceRunner, UpdateVerdict } from './runnable-kind.ts';
export { type ServiceSpec, type ServiceState, type ServiceStatus, STOP_REASON } from './service.ts';
export { Services, type ServicesOptions } from './services.ts';
export { Supervisor, type SupervisorOptions } from './supervisor.ts';
export {
  defaultTerminalHost,
  IMPLICIT_TERMINAL,
  TerminalArguments,
  terminalHostKind,
} from './terminal-host.ts';
