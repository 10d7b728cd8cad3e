// An API route of the Pages Router.
import { pay } from "../../../pay.mjs";

export default async function handler(request, response) {
  response.json({ paid: await pay(request.query.id) });
}
