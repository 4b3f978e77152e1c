/** Bodies as they arrive: whole whatever they are cut into, and in memory once. */
import fc from 'fast-check';
import { Received } from '../../src/http/received';

const MIB = 1024 * 1024;

test('whatever pieces a body comes in, it is handed over as it was sent', async () => {
  const sizes = fc.array(fc.oneof(fc.nat(2000), fc.integer({ min: 60_000, max: 3 * MIB })), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(255), async (lengths, seed) => {
      const chunks = lengths.map((length, i) => Buffer.alloc(length, seed + i));
      const sent = Buffer.concat(chunks);
      const received = new Received(Math.max(1, sent.length));
      for (const chunk of chunks) received.add(chunk);
      expect(received.size).toBe(sent.length);
      const whole = await received.whole();
      expect(whole.equals(sent)).toBe(true);
      // It can be handed over: it shares its memory with nothing.
      expect(whole.byteLength).toBe(whole.buffer.byteLength);
    }),
    { numRuns: 40 },
  );
});

test('T-385 a large body is in memory once, also when it is handed over, and not at all when it is given up', async () => {
  const held = (): number => process.memoryUsage().arrayBuffers;
  const before = held();
  const chunk = Buffer.alloc(MIB, 0x20);
  const fill = (): Received => {
    const received = new Received(100 * MIB);
    for (let n = 0; n < 64; n++) received.add(chunk);
    return received;
  };
  // No garbage is collected meanwhile: what is given back is given back at once.
  const one = fill();
  expect(held() - before).toBeLessThan(70 * MIB);
  const whole = one.whole();
  expect(held() - before).toBeLessThan(135 * MIB); // addresses of both, memory of one
  expect((await whole).length).toBe(64 * MIB);
  expect(held() - before).toBeLessThan(70 * MIB);
  const other = fill();
  other.drop();
  expect(held() - before).toBeLessThan(70 * MIB);
});
