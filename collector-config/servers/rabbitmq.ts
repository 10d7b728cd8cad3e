// A RabbitMQ broker, with an epmd of its own: the one that Erlang would start outlives its broker.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDaemon } from "../run/daemon.ts";
import { freePorts, HOST } from "../run/free-ports.ts";
import { lacking, type ServerKind, takesConnections } from "./server.ts";

/** Not the wrapper on the path, which insists on an account of its own. */
const PROGRAM = "/usr/lib/rabbitmq/bin/rabbitmq-server";

export const RABBITMQ: ServerKind = {
  name: "rabbitmq",
  comesBy: { debian: "rabbitmq-server" },
  missing: () =>
    existsSync(PROGRAM)
      ? lacking("epmd", "rabbitmq-server")
      : `no ${PROGRAM} here: apt-get install rabbitmq-server`,
  async start(folder, undo) {
    const { port, epmd, distribution } = await freePorts("port", "epmd", "distribution");
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    mkdirSync(join(folder, "log"));
    await startDaemon(
      {
        name: "epmd",
        program: "epmd",
        args: ["-port", `${epmd}`, "-address", HOST],
        folder,
        isReady: () => takesConnections(epmd),
      },
      undo,
    );
    const daemon = await startDaemon(
      {
        name: "rabbitmq",
        program: PROGRAM,
        args: [],
        environment: {
          HOME: folder,
          ERL_EPMD_PORT: `${epmd}`,
          ERL_EPMD_ADDRESS: HOST,
          RABBITMQ_NODENAME: `broker-${port}@localhost`,
          RABBITMQ_DIST_PORT: `${distribution}`,
          RABBITMQ_MNESIA_BASE: join(folder, "data"),
          RABBITMQ_LOG_BASE: join(folder, "log"),
          RABBITMQ_PID_FILE: join(folder, "pid"),
          RABBITMQ_CONFIG_FILE: file("rabbitmq.conf", `listeners.tcp.1 = ${HOST}:${port}\n`),
          RABBITMQ_CONF_ENV_FILE: "/dev/null",
          // Its script makes way for the broker, so that a signal reaches that one.
          RUNNING_UNDER_SYSTEMD: "yes",
          RABBITMQ_ENABLED_PLUGINS_FILE: file("enabled_plugins", "[]."),
        },
        folder,
        isReady: () => takesConnections(port),
        readyTimeoutMs: 120_000,
      },
      undo,
    );
    return { daemon, address: `${HOST}:${port}` };
  },
};
