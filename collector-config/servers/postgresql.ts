// A PostgreSQL server that wants a password, run by an account without rights: it refuses to run as root.
import { execFileSync } from "node:child_process";
import { chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDaemon } from "../run/daemon.ts";
import { freePorts, HOST } from "../run/free-ports.ts";
import { findPostgres } from "./find-postgres.ts";
import { lacking, type ServerKind, takesConnections } from "./server.ts";

/** Of the account `tester`, in whose database `postgres` the tests work. */
export const PASSWORD = "secret-of-tester";

export const POSTGRESQL: ServerKind = {
  name: "postgresql",
  comesBy: { debian: "postgresql" },
  missing: () => findPostgres().missing ?? lacking("setpriv", "util-linux"),
  async start(folder, undo) {
    const { bin = "", account = {} } = findPostgres();
    const { port } = await freePorts("port");
    const data = join(folder, "data");
    const file = join(folder, "password");
    writeFileSync(file, PASSWORD);
    const { uid, gid = uid } = account;
    const as: string[] = [];
    if (uid !== undefined && gid !== undefined) {
      for (const path of [folder, file]) chownSync(path, uid, gid);
      as.push("setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups");
    }
    const environment = { LC_ALL: "C" };
    const cluster = ["-D", data, "-U", "tester", "-A", "scram-sha-256", `--pwfile=${file}`, "--no-sync"];
    const [make = "", ...makeArgs] = [...as, join(bin, "initdb"), ...cluster];
    execFileSync(make, makeArgs, {
      cwd: folder,
      env: { ...environment, PATH: process.env.PATH },
      stdio: "pipe",
    });
    const settings = [`listen_addresses=${HOST}`, "fsync=off", "deadlock_timeout=50ms"];
    const flags = settings.flatMap((setting) => ["-c", setting]);
    const [program = "", ...args] = [
      ...as,
      ...[join(bin, "postgres"), "-D", data, "-k", folder, "-p", `${port}`],
      ...flags,
    ];
    const daemon = await startDaemon(
      {
        name: "postgresql",
        program,
        args,
        environment,
        folder,
        // It takes connections before it is ready, and its log goes on from start to start.
        isReady: async ({ said }) =>
          (await takesConnections(port)) &&
          said.split("\n").findLast(isAboutStart)?.includes("ready to accept") === true,
      },
      undo,
    );
    return { daemon, address: `${HOST}:${port}` };
  },
};

function isAboutStart(line: string): boolean {
  return /ready to accept connections|starting PostgreSQL/.test(line);
}
