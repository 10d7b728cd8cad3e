// A gateway with the lines of the docs: the set-up by hand, and the end of a process.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { NodeProcess } from "../../support/process/node-process.ts";
import type { Stage } from "./stage.ts";

const DOCS = ["by-hand.md", "shutdown.md"]
  .map((name) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8"))
  .join("\n");
const ANSWER = new URL("../../support/process/in-child.ts", import.meta.url);

/** Copies what it gets from its upstream, head and body. */
const GATEWAY = `
import http from "node:http";
import { endWithParent, onAsk, tell } from ${JSON.stringify(ANSWER.href)};

const server = http.createServer((request, response) => {
  const upstream = http.request({ host: "127.0.0.1", port: process.env.UPSTREAM, path: request.url, agent: false });
  upstream.on("error", () => response.writeHead(502).end("broken"));
  upstream.on("response", (from) => {
    response.writeHead(from.statusCode, from.rawHeaders.filter((_, i) => !/^(connection|transfer-encoding)$/i.test(from.rawHeaders[i - (i % 2)])));
    from.pipe(response);
  });
  upstream.end();
});
server.listen(0, "127.0.0.1", () => tell({ ready: true }));
onAsk({ port: () => server.address().port });
endWithParent();
`;

/** Starts it; it answers to SIGTERM as the docs say. */
export async function startGateway(
  stage: Stage,
  env: Readonly<Record<string, string>>,
): Promise<NodeProcess> {
  // Inside of the repository, so that the package's own name leads to it.
  const folder = mkdtempSync(fileURLToPath(new URL("./gateway-", import.meta.url)));
  await stage.undo.add(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "otel.mjs"), blockOf("otel.mjs"));
  writeFileSync(join(folder, "app.mjs"), `${GATEWAY}\n${blockOf("app.mjs")}`);
  return stage.start(pathToFileURL(join(folder, "app.mjs")), {
    name: "gateway",
    imports: [pathToFileURL(join(folder, "otel.mjs"))],
    env: {
      OTEL_TRACES_SAMPLER: "always_off",
      OTEL_METRICS_EXPORTER: "none",
      OTEL_LOGS_EXPORTER: "none",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      ...env,
    },
  });
}

/** A block of the docs by its first line; empty where there is none. */
function blockOf(file: string): string {
  const start = DOCS.indexOf(`\`\`\`js\n// ${file}`);
  return start < 0 ? "" : DOCS.slice(start + 6, DOCS.indexOf("\n```", start));
}
