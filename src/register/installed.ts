// Lists what other folders install when a program is started with `register`: hooks of frameworks, of gRPC, of HTTP/2.
import { observeExpress } from "../adapters/hooks/express.ts";
import { observeFastify } from "../adapters/hooks/fastify.ts";
import { observeGraphql } from "../adapters/hooks/graphql.ts";
import { observeHono } from "../adapters/hooks/hono.ts";
import { observeKoa } from "../adapters/hooks/koa.ts";
import { observeNest } from "../adapters/hooks/nestjs.ts";
import { observeNext } from "../adapters/hooks/next.ts";
import { installGrpc } from "../transports/grpc/install.ts";
import type { ModuleWatch } from "./module-watch.ts";
import { reasonOf, tell } from "./tell.ts";

/** What an installer is given. */
export interface Installing {
  /** Finds modules as the program would: from its own folder. */
  readonly require: NodeJS.Require;
  /** Shows modules when the program loads them. */
  readonly modules: ModuleWatch;
}

/** Installs something for the life of the process. What it installs must be guarded by itself. */
type Installer = (installing: Installing) => void;

/** By name, in the order in which they are called; the program's own modules are not loaded yet. */
const INSTALLERS: Readonly<Record<string, Installer>> = {
  express: ({ modules }) => observeExpress(modules),
  fastify: () => observeFastify(),
  GraphQL: ({ modules }) => observeGraphql(modules),
  NestJS: ({ modules }) => observeNest(modules),
  "Next.js": ({ modules }) => observeNext(modules),
  hono: ({ modules }) => observeHono(modules),
  koa: ({ modules }) => observeKoa(modules),
  gRPC: ({ modules }) => modules.on("@grpc/grpc-js", installGrpc),
};

/** Calls all of them. One that throws is reported, and stops nobody. */
export function installAll(installing: Installing): void {
  for (const [name, install] of Object.entries(INSTALLERS)) {
    try {
      install(installing);
    } catch (error) {
      tell(`${name} cannot be observed: ${reasonOf(error)}`);
    }
  }
}
