import { Duplex } from 'node:stream';

/** Two ends of a wire without a network: what one writes the other reads, in the same order. */
export function createDuplexPair(): [Duplex, Duplex] {
  const ends: Duplex[] = [];
  for (const other of [1, 0]) {
    const end = new Duplex({
      allowHalfOpen: true,
      read() {},
      write(chunk, _encoding, callback) {
        ends[other]!.push(chunk);
        callback();
      },
      final(callback) {
        ends[other]!.push(null);
        callback();
      },
      destroy(error, callback) {
        const peer = ends[other]!;
        if (!peer.destroyed) process.nextTick(() => peer.destroy());
        callback(error);
      },
    });
    end.on('error', () => {});
    ends.push(end);
  }
  return [ends[0]!, ends[1]!];
}
