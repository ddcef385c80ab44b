import { type Found, loadInventoryFile } from "./load-file.ts";
import type { ResolveContext } from "./resolve.ts";

/** The file at `refhosts.path`, read anew each time. */
export function fromPath({ config }: ResolveContext): Promise<Found> {
  return loadInventoryFile(config.refhosts.path);
}
