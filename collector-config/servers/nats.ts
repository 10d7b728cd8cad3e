// A NATS server with JetStream.
import { join } from "node:path";
import { findProgram } from "../program/find-program.ts";
import { startDaemon } from "../run/daemon.ts";
import { freePorts, HOST } from "../run/free-ports.ts";
import { lacking, type ServerKind, takesConnections } from "./server.ts";

export const NATS: ServerKind = {
  name: "nats",
  comesBy: { debian: "nats-server" },
  missing: () => lacking("nats-server", "nats-server"),
  async start(folder, undo) {
    const { port } = await freePorts("port");
    const daemon = await startDaemon(
      {
        name: "nats",
        program: findProgram("nats-server") ?? "nats-server",
        args: ["-a", HOST, "-p", `${port}`, "-js", "-sd", join(folder, "streams")],
        folder,
        isReady: () => takesConnections(port),
      },
      undo,
    );
    return { daemon, address: `${HOST}:${port}` };
  },
};
