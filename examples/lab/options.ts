// The options of `npm run lab`.
import { parseArgs } from "node:util";
import { LabError } from "./lab-error.ts";

/** What a person has asked for. */
export interface Options {
  readonly help: boolean;
  readonly once: boolean;
  /** Folder for what was received. */
  readonly save: string | undefined;
  /** Absent: the default one, topologies/seed.yaml. */
  readonly topology: string | undefined;
  readonly basePort: number | undefined;
  readonly headerBytes: number | undefined;
  readonly receiverPort: number | undefined;
  /** Port of the observatory, 0 for any free one; absent: there is none. */
  readonly observatoryPort: number | undefined;
  /** Requests a second that the lab sends by itself while it stays up. */
  readonly load: number;
  /** Absent: the embedded receiver. */
  readonly backend: BackendOption | undefined;
}

/** The pipeline that is to be started, or base URLs of one that is running. */
type BackendOption = "jaeger" | { readonly queryUrl: string; readonly otlpUrl: string };

/** Port at which Collectors take OTLP over HTTP. */
const OTLP_PORT = "4318";

/** Requests a second, if nobody says. */
const LOAD = 2;

/** Throws a {@link LabError} that names the option. */
export function readOptions(args: string[]): Options {
  const values = parseOptions(args);
  const backend = readBackend(values.backend, values.otlp);
  if (backend !== undefined) {
    for (const option of ["save", "receiver-port"] as const) {
      if (values[option] !== undefined)
        throw new LabError(`--${option} is for the embedded receiver, which is not there with --backend`);
    }
  }
  const once = values.once ?? false;
  const hasObservatory = !once && values["no-observatory"] !== true;
  if (!hasObservatory && values["observatory-port"] !== undefined)
    throw new LabError(
      "--observatory-port is for the observatory, which is not there with --once or --no-observatory",
    );
  const observatoryPort = readNumber("--observatory-port", values["observatory-port"], 0, 65_535) ?? 0;
  return {
    help: values.help ?? false,
    once,
    observatoryPort: hasObservatory ? observatoryPort : undefined,
    load: readNumber("--load", values.load, 0, 1_000) ?? LOAD,
    save: values.save,
    topology: values.topology,
    basePort: readNumber("--port", values.port, 0, 65_535),
    receiverPort: readNumber("--receiver-port", values["receiver-port"], 0, 65_535),
    headerBytes: readNumber("--header-bytes", values["header-bytes"], 64, 2048),
    backend,
  };
}

function parseOptions(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", short: "h" },
        once: { type: "boolean" },
        save: { type: "string" },
        topology: { type: "string" },
        port: { type: "string" },
        backend: { type: "string" },
        otlp: { type: "string" },
        "receiver-port": { type: "string" },
        "header-bytes": { type: "string" },
        "observatory-port": { type: "string" },
        "no-observatory": { type: "boolean" },
        load: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new LabError(`${(error as Error).message} (--help tells the options)`);
  }
}

function readBackend(backend: string | undefined, otlp: string | undefined): BackendOption | undefined {
  if (otlp !== undefined && (backend === undefined || backend === "jaeger"))
    throw new LabError("--otlp goes with --backend URL");
  if (backend === undefined || backend === "jaeger") return backend;
  const queryUrl = readUrl("--backend", backend, '"jaeger" or a URL such as http://localhost:16686');
  if (otlp !== undefined)
    return { queryUrl, otlpUrl: readUrl("--otlp", otlp, "a URL such as http://localhost:4318") };
  const { protocol, hostname } = new URL(queryUrl);
  return { queryUrl, otlpUrl: `${protocol}//${hostname}:${OTLP_PORT}` };
}

/** Without a slash at its end. */
function readUrl(option: string, value: string, expected: string): string {
  if (/^https?:\/\//.test(value) && URL.canParse(value)) return value.replace(/\/+$/, "");
  throw new LabError(`${option} must be ${expected}, got "${value}"`);
}

function readNumber(
  option: string,
  value: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() !== "" && Number.isInteger(number) && number >= least && number <= most) return number;
  throw new LabError(`${option} must be a whole number from ${least} to ${most}, got "${value}"`);
}
