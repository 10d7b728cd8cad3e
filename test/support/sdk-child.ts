// The side of a service's own process: listens on a free port and tells it to the test.

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Serves until the test lets go of the process. */
export function serve(server: Server): void {
  server.listen(0, "127.0.0.1", () => {
    process.send?.((server.address() as AddressInfo).port);
  });
  process.once("disconnect", () => process.exit(0));
}
