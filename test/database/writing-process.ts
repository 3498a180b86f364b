// Writes pairs of rows for ever, and tells of each when it is written: node writing-process.ts <file> [<url>]
import { Secret } from '../../src/config/secret.ts';
import { Database } from '../../src/database/database.ts';
import { silentLogger } from '../log/silent-logger.ts';

const [file = '', url] = process.argv.slice(2);
const database = await Database.open({ file, ...(url && { url: new Secret(url) }), logger: silentLogger });

for (let pair = 0; ; pair += 1) {
  await database.transaction(async (transaction) => {
    for (const half of ['a', 'b']) {
      const row = { name: `${pair} ${half} ${'x'.repeat(pair % 5000)}`, balance: pair };
      await transaction.insertInto('ondemand_accounts').values(row).execute();
    }
  });
  process.stdout.write(`${pair}\n`);
}
