// Runs programs in one process that has OpenTelemetry: each of them exports its server.
import { once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { onAsk, tell } from "../../support/process/in-child.ts";

const require = createRequire(import.meta.url);
const ports: Record<string, number> = {};

process.env.PORT = "0";
for (const name of (process.env.PROGRAMS ?? "").split(",")) {
  const server = require(`./programs/${name}.cjs`) as Server;
  if (!server.listening) await once(server, "listening");
  ports[name] = (server.address() as AddressInfo).port;
}

onAsk({ ports: () => ports });
tell({ port: 0 });
