// A streaming service on plain node:http; the path names the way in which it sends its body.
import { queryOf, serveTraced } from "../../../support/services-program.ts";
import { SENDS } from "./body.ts";

serveTraced((request, response) => {
  const { path, query } = queryOf(request);
  void SENDS[path]?.(query, response);
});
