// Ports that nobody listens on.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

export const HOST = "127.0.0.1";

/** As many different ports as are asked for. They are free now; whoever takes them keeps them. */
export async function freePorts<const Names extends readonly string[]>(
  ...names: Names
): Promise<Record<Names[number], number>> {
  const servers = await Promise.all(
    names.map(async () => {
      const server = createServer().listen(0, HOST);
      await once(server, "listening");
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return Object.fromEntries(names.map((name, i) => [name, ports[i]])) as Record<Names[number], number>;
}
