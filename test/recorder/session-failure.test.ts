import t from 'tap';
import { OutputError } from '../../src/output/program-output.ts';
import { outputFailure } from '../../src/recorder/session-failure.ts';

t.test('the failure of an output becomes the failure of its session', async (t) => {
  const failure = (kind: OutputError['kind']) => outputFailure(new OutputError(kind, 'why'), 1);
  t.match(failure('refused'), { kind: 'refused', detail: 'why', ofMachine: false });
  t.match(failure('broken'), { kind: 'broken', detail: 'why', ofMachine: false });
  t.match(failure('storage'), { kind: 'storage', detail: 'why', ofMachine: true });
  const composing = new OutputError('program', 'why', { cause: new Error('The composer broke.') });
  t.match(outputFailure(composing, 1), { kind: 'broken', detail: 'The composer broke.', ofMachine: false });
  t.match(outputFailure(composing, 0), { kind: 'notStarted', ofMachine: true }, 'the machine is at fault');
});
