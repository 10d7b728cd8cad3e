// A streaming service on plain node:http; the path names the way in which it sends its body.
import { queryOf, serve } from "../../../support/services-program.ts";
import { SENDS } from "./body.ts";

serve((request, response) => {
  const { path, query } = queryOf(request);
  void SENDS[path]?.(query, response);
});
