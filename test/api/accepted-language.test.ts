import t from 'tap';
import { acceptedLanguage } from '../../src/api/accepted-language.ts';

t.test('the preferred one of two languages', async (t) => {
  const rows = [
    [undefined, 'en'],
    ['', 'en'],
    ['*', 'en'],
    ['fr-FR, fr;q=0.9', 'en'],
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE-de,de;q=0.9,en;q=0.8', 'de'],
    ['en-GB,en;q=0.9,de;q=0.8', 'en'],
    ['en;q=0.3, de;q=0.7', 'de'],
    ['fr, de ; q=0.5', 'de'],
    ['de;q=0, en;q=0.1', 'en'],
    ['de;q=0', 'en'],
    ['de;q=2', 'en'],
    ['den, german', 'en'],
    [`${'x,'.repeat(100_000)}de`, 'en'],
    [`de${' '.repeat(100_000)}`, 'de'],
  ] as const;
  for (const [header, language] of rows) t.equal(acceptedLanguage(header), language, String(header).slice(0, 60));
});
