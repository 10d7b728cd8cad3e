// FerretDB, which speaks the protocol of MongoDB and keeps its data in SQLite.
import { existsSync } from "node:fs";
import { startDaemon } from "../run/daemon.ts";
import { freePorts, HOST } from "../run/free-ports.ts";
import { PROGRAMS } from "../tools/files.ts";
import { type ServerKind, takesConnections } from "./server.ts";

export const FERRETDB: ServerKind = {
  name: "ferretdb",
  comesBy: { tool: "ferretdb" },
  missing: () =>
    existsSync(PROGRAMS.ferretdb) ? undefined : "no FerretDB here: npm run tools -- --only ferretdb",
  async start(folder, undo) {
    const { port } = await freePorts("port");
    const daemon = await startDaemon(
      {
        name: "ferretdb",
        program: PROGRAMS.ferretdb,
        args: [`${HOST}:${port}`, folder],
        folder,
        isReady: () => takesConnections(port),
      },
      undo,
    );
    return { daemon, address: `${HOST}:${port}` };
  },
};
