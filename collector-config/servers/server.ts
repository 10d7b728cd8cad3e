// Starts real servers of Debian's packages, each on free ports and in a folder of its own, and stops them again.
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../program/find-program.ts";
import type { Undo } from "../program/undo.ts";
import type { Daemon } from "../run/daemon.ts";
import { HOST } from "../run/free-ports.ts";

/** A server that runs. */
export interface Server {
  /** To stop it, to kill it, to start it again on the same port. */
  readonly daemon: Daemon;
  /** `host:port` */
  readonly address: string;
  /** Where it takes OTLP over HTTP, if it does. */
  readonly otlp?: string;
}

/** A kind of server. */
export interface ServerKind {
  readonly name: string;
  /** Debian's package, or what `npm run tools` calls it. */
  readonly comesBy: { readonly debian: string } | { readonly tool: string };
  /** What this machine lacks to run it; `undefined` if nothing. */
  missing(): string | undefined;
  /** Starts it in an empty folder; resolves when it takes connections. */
  start(folder: string, undo: Undo): Promise<Server>;
}

/** Starts a server in a folder below the system's one for temporary files. Both go with `undo`. */
export async function startServer(kind: ServerKind, undo: Undo): Promise<Server> {
  undo.assertNotOver();
  const folder = mkdtempSync(join(tmpdir(), `error-tree-${kind.name}-`));
  await undo.add(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return await kind.start(folder, undo);
}

/** Says which package has a program that this machine lacks. */
export function lacking(program: string, debianPackage: string): string | undefined {
  return findProgram(program) === undefined
    ? `no ${program} here: apt-get install ${debianPackage}`
    : undefined;
}

/** True as soon as somebody takes connections there. */
export function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
