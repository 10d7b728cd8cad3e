// Loads packages that the environment asks for out of the bundle that this code is part of.
import type { Exports } from "./packages.ts";

/**
 * Loads a package out of the bundle. Each has a specifier of its own, in a `try`: bundlers take in those that they find, and do
 * not mind the others. Who imports this file has all of them in the bundle. All are
 * dependencies of NodeSDK 2 and 3: of others webpack would say at every build that they are missing.
 *
 * @throws Error with the code `MODULE_NOT_FOUND` for a package that is not there
 */
export async function loadBundled(name: string): Promise<Exports> {
  try {
    switch (name) {
      case "@opentelemetry/exporter-trace-otlp-proto":
        return await import(
          /* webpackChunkName: "otel-error-tree" */ "@opentelemetry/exporter-trace-otlp-proto"
        );
      case "@opentelemetry/exporter-trace-otlp-http":
        return await import(
          /* webpackChunkName: "otel-error-tree" */ "@opentelemetry/exporter-trace-otlp-http"
        );
      case "@opentelemetry/exporter-trace-otlp-grpc":
        return await import(
          /* webpackChunkName: "otel-error-tree" */ "@opentelemetry/exporter-trace-otlp-grpc"
        );
      case "@opentelemetry/exporter-zipkin":
        return await import(/* webpackChunkName: "otel-error-tree" */ "@opentelemetry/exporter-zipkin");
      case "@opentelemetry/propagator-b3":
        return await import(/* webpackChunkName: "otel-error-tree" */ "@opentelemetry/propagator-b3");
    }
  } catch (cause) {
    throw missing(name, cause);
  }
  throw missing(name);
}

function missing(name: string, cause?: unknown): Error {
  return Object.assign(new Error(`${name} is not in the bundle`, { cause }), { code: "MODULE_NOT_FOUND" });
}
