// Finds PostgreSQL's programs on this machine, and an account to run them.
import { existsSync, globSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

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
