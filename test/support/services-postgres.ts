// A PostgreSQL server of its own for a test, where the machine has the programs; nothing is downloaded.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { PostgresHost } from "../../collector-config/servers/find-postgres.ts";

/** A running server, reached over a socket file in its own folder. */
export class Postgres {
  /** Folder of data and socket; `host` of a client. */
  readonly folder: string;
  readonly #server: ChildProcess;

  constructor(folder: string, server: ChildProcess) {
    this.folder = folder;
    this.#server = server;
  }

  /** Makes a database cluster and starts a server for it; resolves when it takes connections. */
  static async start({ bin = "", account = {} }: PostgresHost): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), "postgres-"));
    if (account.uid !== undefined) chownSync(folder, account.uid, account.gid ?? account.uid);
    const data = join(folder, "data");
    const options = { ...account, cwd: folder, env: { LC_ALL: "C", PATH: process.env.PATH } };
    execFileSync(join(bin, "initdb"), ["-D", data, "-U", "tester", "-A", "trust", "--no-sync"], {
      ...options,
      stdio: "pipe",
    });
    const args = ["-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"];
    const server = spawn(join(bin, "postgres"), args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
    const log: string[] = [];
    for await (const line of createInterface(server.stderr as NodeJS.ReadableStream)) {
      log.push(line);
      if (line.includes("ready to accept connections")) {
        server.stderr?.resume();
        return new Postgres(folder, server);
      }
    }
    throw new Error(`PostgreSQL did not start: ${log.join("\n")}`);
  }

  async stop(): Promise<void> {
    const exited = once(this.#server, "exit");
    this.#server.kill("SIGQUIT");
    await exited;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
