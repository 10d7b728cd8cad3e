// ElasticMQ, which speaks SQS and keeps its queues in memory.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startDaemon } from "../run/daemon.ts";
import { freePorts, HOST } from "../run/free-ports.ts";
import { PROGRAMS } from "../tools/files.ts";
import { lacking, type ServerKind, takesConnections } from "./server.ts";

export const ELASTICMQ: ServerKind = {
  name: "elasticmq",
  comesBy: { tool: "elasticmq" },
  missing: () =>
    existsSync(PROGRAMS.elasticmq)
      ? lacking("java", "default-jre-headless")
      : "no ElasticMQ here: npm run tools -- --only elasticmq",
  async start(folder, undo) {
    const { port } = await freePorts("port");
    const file = join(folder, "elasticmq.conf");
    writeFileSync(file, configuration(port));
    const daemon = await startDaemon(
      {
        name: "elasticmq",
        program: "java",
        args: [
          "-Xmx128m",
          "-XX:-UsePerfData",
          `-Dconfig.file=${file}`,
          "-cp",
          join(PROGRAMS.elasticmq, "*"),
          "org.elasticmq.server.Main",
        ],
        folder,
        isReady: () => takesConnections(port),
      },
      undo,
    );
    return { daemon, address: `${HOST}:${port}` };
  },
};

/** The limits of the real service hold. */
function configuration(port: number): string {
  return `include classpath("application.conf")
node-address { protocol = http, host = "${HOST}", port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-port = ${port}, bind-hostname = "${HOST}", sqs-limits = strict }
rest-stats { enabled = false }
`;
}
