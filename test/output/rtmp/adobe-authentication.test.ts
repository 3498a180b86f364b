import { createHash } from 'node:crypto';
import t from 'tap';
import { adobeAuthentication } from '../../../src/output/rtmp/adobe-authentication.ts';

const credentials = { username: 'us er', password: 'hush' };
const rejected = '[ AccessManager.Reject ] : ';
const md5 = (text: string) => createHash('md5').update(text).digest('base64');

t.test('the user name comes first, then the response to the challenge', async (t) => {
  const first = adobeAuthentication(`${rejected}[ code=403 need auth; authmod=adobe ] : `, credentials, 'c0ffee00');
  t.equal(first, '?authmod=adobe&user=us%20er');
  const asked = `${rejected}[ authmod=adobe ] : ?reason=needauth&user=us er&salt=S+a=&challenge=C/h==&opaque=O+p==`;
  const response = md5(`${md5('us erS+a=hush')}O+p==c0ffee00`);
  const answer = `?authmod=adobe&user=us%20er&challenge=c0ffee00&response=${response}&opaque=O+p==`;
  t.equal(adobeAuthentication(asked, credentials, 'c0ffee00'), answer);
  const plain = adobeAuthentication(asked.replace('&opaque=O+p==', ''), credentials, 'c0ffee00');
  t.equal(
    plain,
    `?authmod=adobe&user=us%20er&challenge=c0ffee00&response=${md5(`${md5('us erS+a=hush')}C/h==c0ffee00`)}`,
  );
});

t.test('what is not a challenge is refused', async (t) => {
  const descriptions = [
    '',
    'not found',
    '[ authmod=adobe ] : ?reason=authfailed',
    '[ authmod=llnw ] : code=403 need auth',
  ];
  for (const description of descriptions) t.equal(adobeAuthentication(description, credentials, 'c'), undefined);
});
