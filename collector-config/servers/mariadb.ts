// A MariaDB server with an account of the tests.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDaemon } from "../run/daemon.ts";
import { freePorts, HOST } from "../run/free-ports.ts";
import { PASSWORD } from "./postgresql.ts";
import { lacking, type ServerKind, takesConnections } from "./server.ts";

/** Runs at every start: `tester` may do everything, `guest` nothing. */
const ACCOUNTS = `
create database if not exists shop;
create user if not exists tester@'%' identified by '${PASSWORD}';
grant all on *.* to tester@'%';
create user if not exists guest@'%' identified by '${PASSWORD}';
`;

export const MARIADB: ServerKind = {
  name: "mariadb",
  comesBy: { debian: "mariadb-server" },
  missing: () => lacking("mariadbd", "mariadb-server") ?? lacking("mariadb-install-db", "mariadb-server"),
  async start(folder, undo) {
    const { port } = await freePorts("port");
    const accounts = join(folder, "accounts.sql");
    writeFileSync(accounts, ACCOUNTS);
    const data = `--datadir=${join(folder, "data")}`;
    // As root it runs only if it is told to.
    const as = process.getuid?.() === 0 ? ["--user=root"] : [];
    execFileSync(
      "mariadb-install-db",
      ["--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db", ...as],
      { cwd: folder, stdio: "pipe" },
    );
    const where = [data, `--port=${port}`, `--bind-address=${HOST}`, `--socket=${join(folder, "socket")}`];
    const daemon = await startDaemon(
      {
        name: "mariadb",
        program: "mariadbd",
        args: ["--no-defaults", ...where, `--init-file=${accounts}`, "--skip-name-resolve", ...as],
        folder,
        isReady: () => takesConnections(port),
      },
      undo,
    );
    return { daemon, address: `${HOST}:${port}` };
  },
};
