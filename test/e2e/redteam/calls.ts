// Calls that a service is told to make: plain data, for they go through a header.
import * as undici from "undici";
import {
  type Call as AnyCall,
  CLIENTS,
  clientsOf,
  type Got,
  make as makeBy,
  ofUndici,
} from "../../support/clients.ts";

const ALL = { ...CLIENTS, ...clientsOf(undici) };

/** One call by one client. */
export interface Call extends AnyCall {
  readonly client: string;
}

/** Makes a call; what goes wrong in it is part of what the program got. */
export function make({ client: name, ...call }: Call): Promise<Got> {
  const client = ALL[name];
  if (client === undefined) throw new TypeError(`no client ${name}`);
  return makeBy(client, call);
}

/** Everything that undici's cache keeps of a response. */
export async function keptByUndici(origin: string): Promise<unknown> {
  const store = new undici.cacheStores.MemoryCacheStore();
  const agent = new undici.Agent().compose(undici.interceptors.cache({ store }));
  const request = { origin, path: "/x", method: "GET" } as const;
  await ofUndici(agent.request(request));
  const kept = store.get({ ...request, headers: {} });
  const again = await ofUndici(agent.request(request));
  await agent.close();
  return { kept, again };
}
