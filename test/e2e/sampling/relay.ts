// A service that calls whom it is told to call, and answers as it is told to answer.
import { queryOf, serveTraced, statusOf } from "../../support/services-program.ts";

serveTraced(async (request, response) => {
  const { query } = queryOf(request);
  const to = query.get("to");
  if (to !== null) await statusOf(to);
  response.writeHead(Number(query.get("status") ?? "200")).end();
});
