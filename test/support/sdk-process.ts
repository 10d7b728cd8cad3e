// A service in a process of its own, under a NodeSDK with the stock instrumentations.
import { NodeProcess } from "./process/node-process.ts";

const REGISTER = new URL("./sdk-register.ts", import.meta.url);

/** Starts a program of a test as a service; resolves when it listens. */
export function startService(program: URL, name: string): Promise<NodeProcess> {
  return NodeProcess.listening(program, {
    name,
    imports: [REGISTER],
    // http-proxy is old; what it says about itself is nothing to us.
    nodeOptions: ["--no-deprecation"],
    env: { ...process.env, SERVICE_NAME: name, OTEL_TRACES_EXPORTER: "none" },
  });
}

/** Ends services; rejects if one of them wrote anything, or ended before. */
export async function endServices(...services: readonly NodeProcess[]): Promise<void> {
  const printed = await Promise.all(services.map((service) => service.stop()));
  if (printed.join("") !== "") throw new Error(`a service wrote: ${printed.join("")}`);
}
