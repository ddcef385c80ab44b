import { statfsSync } from "node:fs";
import { dirname } from "node:path";

const OVERLAYFS = 0x794c7630;

/**
 * Is this path (or its nearest parent that exists) on an overlay, as everything in a container is? The
 * kernel takes no directory there as the upper one of another overlay, nor its whiteouts.
 */
export function onOverlay(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    try {
      return statfsSync(at).type === OVERLAYFS;
    } catch {
      if (at === dirname(at)) return false;
    }
  }
}
