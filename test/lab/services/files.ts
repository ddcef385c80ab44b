import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { join, normalize } from "node:path";

/** Serve the files below `root` on a free loopback port, for GET and HEAD alone; gives the port. */
export function serveFiles(root: string): Promise<number> {
  const server = createServer(async (request, response) => {
    const refuse = (status: number) => {
      response.statusCode = status;
      response.end();
    };
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(405);
    let path: string;
    try {
      path = decodeURIComponent(new URL(request.url ?? "/", "http://lab").pathname);
    } catch {
      return refuse(400);
    }
    const place = join(root, normalize(path));
    if (!place.startsWith(`${root}/`) || path.includes("\0")) return refuse(404);
    const info = await stat(place).catch(() => null);
    if (info === null || !info.isFile()) return refuse(404);
    response.setHeader("content-length", info.size);
    response.setHeader("last-modified", info.mtime.toUTCString());
    if (request.method === "HEAD") return refuse(200);
    createReadStream(place)
      .on("error", () => response.destroy())
      .pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("no port"));
      else resolve(address.port);
    });
  });
}
