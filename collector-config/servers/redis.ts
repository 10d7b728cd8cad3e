// A Redis server that keeps nothing on disk.
import { startDaemon } from "../run/daemon.ts";
import { freePorts, HOST } from "../run/free-ports.ts";
import { lacking, type ServerKind, takesConnections } from "./server.ts";

export const REDIS: ServerKind = {
  name: "redis",
  comesBy: { debian: "redis-server" },
  missing: () => lacking("redis-server", "redis-server"),
  async start(folder, undo) {
    const { port } = await freePorts("port");
    const where = ["--port", `${port}`, "--bind", HOST, "--dir", folder];
    const daemon = await startDaemon(
      {
        name: "redis",
        program: "redis-server",
        args: [...where, "--save", "", "--appendonly", "no"],
        folder,
        isReady: () => takesConnections(port),
      },
      undo,
    );
    return { daemon, address: `${HOST}:${port}` };
  },
};
