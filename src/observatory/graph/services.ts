// Names the services that have sent something, each once.
import { nameOf as labelOf, SERVICE_CHARS } from "../flow/names.ts";
import type { Counts } from "./counts.ts";

/**
 * When each service was last heard of, in milliseconds since the epoch. Flow metrics hold a part of a long name, or of one that is
 * not ASCII: whoever sends them is called so.
 */
export function servicesOf(counts: Counts): Map<string, number> {
  const all = [...counts.services()];
  const flowing = new Set(all.flatMap(({ name, flow }) => (flow === undefined ? [] : [name])));
  const services = new Map<string, number>();
  for (const { name, last } of all) {
    const label = labelOf(name, SERVICE_CHARS);
    const shown = flowing.has(label) ? label : name;
    services.set(shown, Math.max(services.get(shown) ?? last, last));
  }
  return services;
}
