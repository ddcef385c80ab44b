import { connect, type Socket } from "node:net";

/**
 * A TCP connection on which everything that is written in one turn of the event loop leaves in one
 * system call. The library writes each SSH packet by itself, and Nagle is off, which would cost 40 ms a command: opening a channel,
 * starting a command and sending its input would be three packets on the network, and three times
 * waking the other side.
 */
export function openSocket(options: { host: string; port: number }): Socket {
  const socket = connect({ ...options, noDelay: true });
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let corked = false;
  const together = (...args: unknown[]): boolean => {
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(() => {
        corked = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
  socket.write = together;
  return socket;
}
