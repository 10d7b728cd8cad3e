// A PostgreSQL server of its own for a test, where the machine has the programs; nothing is downloaded.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

/** Who runs the server: PostgreSQL refuses to run as root. */
interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** What a server can be started with; `missing` says why it cannot. */
export interface PostgresHost {
  readonly bin?: string;
  readonly account?: Account;
  readonly missing?: string;
}

/** Looks for the server's programs and for an account to run them. */
export function findPostgres(): PostgresHost {
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    ...globSync("/usr/lib/postgresql/*/bin").sort().reverse(),
  ];
  const bin = folders.find(
    (folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")),
  );
  if (bin === undefined)
    return { missing: "no initdb and postgres on this machine: apt-get install postgresql" };
  const account = unprivileged();
  return account === undefined
    ? { missing: "root, without an account named postgres or nobody" }
    : { bin, account };
}

function unprivileged(): Account | undefined {
  if (process.getuid?.() !== 0) return {};
  const accounts = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of ["postgres", "nobody"]) {
    const [, , uid, gid] = accounts.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

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
