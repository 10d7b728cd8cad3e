// Says what is tried: every way to run a program, on every runtime, on both major versions of the SDK.

import { PASSWORD, POSTGRESQL } from "../../collector-config/servers/postgresql.ts";
import { RABBITMQ } from "../../collector-config/servers/rabbitmq.ts";
import type { ServerKind } from "../../collector-config/servers/server.ts";
import { NO_ACCOUNT, type Wanted } from "./prove.ts";

/** A runtime: a package of test/compat/runtimes. */
export interface Runtime {
  readonly name: string;
  readonly command: readonly [file: string, ...flags: string[]];
}

const node = (major: number): Runtime => ({ name: `Node ${major}`, command: [`node${major}/bin/node`] });

export const RUNTIMES: readonly Runtime[] = [
  node(20),
  node(22),
  node(24),
  node(26),
  { name: "Deno 2.9", command: [".bin/deno", "run", "--allow-all", "--node-modules-dir=manual"] },
];

/** A way to run the program. */
export interface Way {
  readonly name: string;
  /** What is run. */
  readonly program: string;
  /** What has to be done before: a bundle runs without node_modules. */
  readonly made?: Making;
  /** Stands before the program; `TOOLS` is the folder of test/compat/tools. */
  readonly flags: readonly string[];
  /** The runtimes for which it is meant. */
  readonly only: RegExp;
  /** A program without a handler of its own dies of a signal. @default 0 */
  readonly end?: "SIGTERM";
  /** What both services need, and find at `SERVER`. */
  readonly server?: ServerKind;
  /** Further variables of both services. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the requests to the shop. @default /buy */
  readonly paths?: readonly string[];
  /** The bank's node, and those beneath it. @default one with the code `unavailable` */
  readonly beneath?: readonly Wanted[];
}

interface Making {
  readonly tool: "tsc5" | "tsc7" | "esbuild" | "webpack";
  readonly format: "esm" | "cjs";
  readonly from: string;
}

const NODE = /^Node/;

function compiled(tool: "tsc5" | "tsc7", name: string): Way {
  const made = { tool, format: "esm", from: "service.mts" } as const;
  return { name, program: `${tool}/service.mjs`, made, flags: [], only: NODE };
}

function bundled(tool: "esbuild" | "webpack"): Way[] {
  const esm = { tool, format: "esm", from: "service.mjs" } as const;
  const cjs = { ...esm, format: "cjs" } as const;
  const from = { ...cjs, from: "service.cjs" };
  const common = { flags: [], only: NODE };
  return [
    { ...common, name: `${tool}, ESM`, program: `${tool}.mjs`, made: esm },
    { ...common, name: `${tool}, CommonJS`, program: `${tool}.cjs`, made: cjs },
    { ...common, name: `${tool}, CommonJS alone`, program: `${tool}-alone.cjs`, made: from },
  ];
}

const REGISTER = { flags: ["--import", "otel-error-tree/register"], only: NODE, end: "SIGTERM" } as const;

/** A program that calls by another transport, by register and as either kind of module. */
function transport(name: string, program: string, more: Partial<Way>): Way[] {
  return [
    { name: `${name}, register, ESM`, program: `${program}.mjs`, ...REGISTER, ...more },
    { name: `${name}, register, CommonJS`, program: `${program}.cjs`, ...REGISTER, ...more },
  ];
}

/** Bundles come last: the packages are removed before they run. */
export const WAYS: readonly Way[] = [
  { name: "ESM", program: "service.mjs", flags: [], only: /./ },
  { name: "CommonJS", program: "service.cjs", flags: [], only: /./ },
  { name: "register, ESM", program: "plain.mjs", ...REGISTER },
  { name: "register, CommonJS", program: "plain.cjs", ...REGISTER },
  ...transport("gRPC", "grpc", { paths: ["/pay", "/collect", "/list", "/talk"] }),
  // Older ones show no streams.
  ...transport("HTTP/2", "http2", { only: /^Node 2[246]/ }),
  ...transport("PostgreSQL", "database", {
    server: POSTGRESQL,
    env: { PASSWORD },
    beneath: [NO_ACCOUNT, ["bank", "internal", "42P01", 'relation "accounts" does not exist']],
  }),
  ...transport("RabbitMQ", "queue", {
    server: RABBITMQ,
    env: { OTEL_ERROR_TREE_SECRET: "k1:0123456789abcdef0123456789abcdef" },
    beneath: [["bank", "unknown", "RangeError", "no account is left"]],
  }),
  { name: "TypeScript as it is", program: "service.mts", flags: [], only: /^(?:Node 2[246]|Deno)/ },
  {
    name: "tsx",
    program: "service.mts",
    flags: ["--import", "TOOLS/node_modules/tsx/dist/loader.mjs"],
    only: NODE,
  },
  compiled("tsc5", "TypeScript 5.9"),
  compiled("tsc7", "TypeScript 7.0"),
  ...bundled("esbuild"),
  ...bundled("webpack"),
];

/** A major version of the SDK: a folder of test/compat. */
export interface Sdk {
  readonly name: string;
  readonly folder: "sdk2" | "sdk3";
  /** Runtimes that it refuses by its `engines`. */
  readonly without?: RegExp;
}

export const SDKS: readonly Sdk[] = [
  { name: "SDK 2.12", folder: "sdk2" },
  { name: "SDK 3.1", folder: "sdk3", without: /^Node 20/ },
];
