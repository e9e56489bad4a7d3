import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Heap } from '../../src/base/index.ts';

it('Heap gives the smallest first, whatever is pushed and shifted in between', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { nil: undefined })), (steps) => {
      const heap = new Heap<number>((a, b) => a < b);
      let model: number[] = [];
      for (const step of steps) {
        if (step !== undefined) {
          heap.push(step);
          model = [...model, step].sort((a, b) => a - b);
        } else expect(heap.shift()).toBe(model.shift());
        expect(heap.peek()).toBe(model[0]);
        expect(heap.size).toBe(model.length);
      }
    }),
  );
});
