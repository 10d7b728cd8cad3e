// The servers themselves: each of them comes back on the same port after it was killed.
import { ELASTICMQ } from "../../../collector-config/servers/elasticmq.ts";
import { FERRETDB } from "../../../collector-config/servers/ferretdb.ts";
import { KAFKA } from "../../../collector-config/servers/kafka.ts";
import { MARIADB } from "../../../collector-config/servers/mariadb.ts";
import { NATS } from "../../../collector-config/servers/nats.ts";
import { POSTGRESQL } from "../../../collector-config/servers/postgresql.ts";
import { RABBITMQ } from "../../../collector-config/servers/rabbitmq.ts";
import { REDIS } from "../../../collector-config/servers/redis.ts";
import { type ServerKind, takesConnections } from "../../../collector-config/servers/server.ts";
import type { Row, Table } from "./table.ts";

type Case = "starts" | "killed" | "again";

export const STARTS: Table<Case> = {
  title: "server",
  cases: {
    starts: "it takes connections",
    killed: "it takes none any more",
    again: "it takes connections on the same port as before",
  },
  rows: [RABBITMQ, KAFKA, NATS, REDIS, ELASTICMQ, POSTGRESQL, MARIADB, FERRETDB].map(rowOf),
};

function rowOf(server: ServerKind): Row<Case> {
  return {
    client: server.name,
    server,
    async set({ server: { daemon, address } }) {
      const port = Number(address.split(":")[1]);
      const expect = async (taken: boolean): Promise<string[]> =>
        (await takesConnections(port)) === taken
          ? []
          : [`port ${port}: connections ${taken ? "refused" : "taken"}`];
      return {
        starts: () => expect(true),
        killed: async () => {
          await daemon.kill();
          return await expect(false);
        },
        again: async () => {
          await daemon.start();
          return await expect(true);
        },
      };
    },
  };
}
