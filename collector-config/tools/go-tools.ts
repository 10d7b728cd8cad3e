// The Collector, Jaeger and FerretDB, built from Go modules whose checksums are committed.
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../program/find-program.ts";
import { RunError } from "../program/run-error.ts";
import { CONFIGURATIONS, PINS, PROGRAMS, TOOLS } from "./files.ts";
import type { Run, Tool } from "./tool.ts";

const BUILDER = join(TOOLS, "bin", "builder");
const COLLECTOR_SOURCE = join(TOOLS, "src", "collector");
const MANIFEST = join(CONFIGURATIONS, "builder.yaml");
const COLLECTOR_VERSION = "0.158.0";
/** The Go module's version is another, see its go.mod. */
const JAEGER_VERSION = "2.13.0";
const JAEGER_PACKAGE = "github.com/jaegertracing/jaeger";

/** No C compiler is needed, and no path of this machine stands in the program. */
const BUILD = ["build", "-trimpath", "-mod=readonly"];
const ENVIRONMENT = { CGO_ENABLED: "0" };

export const COLLECTOR: Tool = {
  name: "collector",
  takes: "4 to 8 minutes",
  pins: [MANIFEST, ...modulePins("builder"), ...modulePins("collector")],
  brings: [PROGRAMS.collector],
  async install(run) {
    const go = requireGo("the Collector");
    await run({
      program: go,
      args: [...BUILD, "-o", BUILDER, "go.opentelemetry.io/collector/cmd/builder"],
      folder: join(PINS, "builder"),
      environment: ENVIRONMENT,
    });
    mkdirSync(COLLECTOR_SOURCE, { recursive: true });
    for (const pin of modulePins("collector"))
      copyFileSync(pin, join(COLLECTOR_SOURCE, pin.slice(pin.lastIndexOf("/"))));
    // It writes the program; versions and checksums stay ours.
    await run({
      program: BUILDER,
      args: ["--config", MANIFEST, "--skip-get-modules", "--skip-compilation"],
      folder: COLLECTOR_SOURCE,
    });
    await build(run, go, COLLECTOR_SOURCE, PROGRAMS.collector, ".", "-s -w");
    return COLLECTOR_VERSION;
  },
};

export const JAEGER: Tool = {
  name: "jaeger",
  takes: "5 to 10 minutes",
  pins: modulePins("jaeger"),
  brings: [PROGRAMS.jaeger],
  async install(run) {
    const go = requireGo("Jaeger");
    const flags = `-s -w -X ${JAEGER_PACKAGE}/internal/version.latestVersion=v${JAEGER_VERSION}`;
    await build(run, go, join(PINS, "jaeger"), PROGRAMS.jaeger, `${JAEGER_PACKAGE}/cmd/jaeger`, flags);
    return JAEGER_VERSION;
  },
};

/** A program of a few lines around its module: its own would need the code that Go generates for it. */
export const FERRETDB: Tool = {
  name: "ferretdb",
  takes: "2 minutes",
  pins: [...modulePins("ferretdb"), join(PINS, "ferretdb", "main.go")],
  brings: [PROGRAMS.ferretdb],
  async install(run) {
    await build(run, requireGo("FerretDB"), join(PINS, "ferretdb"), PROGRAMS.ferretdb, ".", "-s -w");
    const modules = readFileSync(join(PINS, "ferretdb", "go.mod"), "utf8");
    return /FerretDB\/FerretDB v(\S+)/.exec(modules)?.[1] ?? "of unknown version";
  },
};

function modulePins(name: string): string[] {
  return ["go.mod", "go.sum"].map((file) => join(PINS, name, file));
}

async function build(
  run: Run,
  go: string,
  folder: string,
  program: string,
  what: string,
  linkerFlags: string,
): Promise<void> {
  await run({
    program: go,
    args: [...BUILD, `-ldflags=${linkerFlags}`, "-o", program, what],
    folder,
    environment: ENVIRONMENT,
  });
}

function requireGo(what: string): string {
  const go = findProgram("go");
  if (go !== undefined) return go;
  throw new RunError(
    `${what} is built from source: Go 1.25 or newer must be on the path (https://go.dev/dl/)`,
  );
}
