// A route handler of Next.js, as its users write one.
import { pay } from "../../../pay.mjs";

export async function GET(_request, { params }) {
  const { id } = await params;
  return Response.json({ paid: await pay(id) });
}
