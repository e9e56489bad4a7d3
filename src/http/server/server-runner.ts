/** An `http.service` as a service: while it runs, its server listens. */
import { assert } from '../../base/index.ts';
import type { ServiceRunner } from '../../service/index.ts';
import type { HttpServer } from './server.ts';

/** Where servers are found; `HttpRoom` is one. */
export interface ServerTable {
  server(id: string): HttpServer | undefined;
}

/** Runs the server of an entry; the room makes it (`HttpRoom.applyRoutes`) before it is started. */
export function createServerRunner(room: ServerTable, id: string): ServiceRunner {
  const present = (): HttpServer => {
    const server = room.server(id);
    assert(server !== undefined, `routes of ${id} are applied before it starts`);
    return server;
  };
  return {
    start: async () => void (await present().start()),
    stop: () => room.server(id)?.stop(),
    kill: () => void room.server(id)?.stop(0),
    // Together with the routes the room has given the server its new settings, and has moved it if need be.
    update: () => 'followed',
  };
}
