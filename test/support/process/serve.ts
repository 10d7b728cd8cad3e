// The other side of a process that serves: it listens, and tells its parent where.
import type { AddressInfo, Server } from "node:net";
import { endWithParent, tell } from "./in-child.ts";

/** Serves on a free port of the loopback, tells it, and ends with the parent. */
export function serve(server: Server): void {
  endWithParent();
  server.listen(0, "127.0.0.1", () => tell({ port: (server.address() as AddressInfo).port }));
}

/** What the parent has given to this process: one argument, as JSON. */
export function readArgument<T>(): T {
  return JSON.parse(process.argv[2] ?? "{}") as T;
}
