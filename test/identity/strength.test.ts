import { generatePassword } from '../../src/identity/passwords';
import { weakness } from '../../src/identity/strength';

const NAMES = ['soc-1', 'Police of Examplia'];

test.each([
  ['short', 'shorter than 12'],
  ['x'.repeat(1025), 'longer than 1024 bytes'],
  ['password1234', 'tried first'],
  ['Password1234!', 'tried first'],
  ['qwertyuiop12', 'tried first'],
  ['aaaaaaaaaaaaaaaaaaaa', 'tried first'],
  ['123456789012', 'tried first'],
  ['soc-1-soc-1-soc-1', 'little more than the name'],
  ['Police of Examplia1', 'little more than the name'],
  ['police of examplia soc-1!', 'little more than the name'],
])('refused: %s', (password, why) => {
  expect(weakness(password, NAMES)).toContain(why);
});

test.each([
  'correct horse battery staple',
  'Jz8_kd92PqLm',
  'الجسر فوق النهر القديم',
  'soc-1 walks under 7 quiet bridges',
])('taken: %s', (password) => {
  expect(weakness(password, NAMES)).toBeUndefined();
});

test('what is generated is taken, whatever it is', () => {
  for (let i = 0; i < 50; i++) expect(weakness(generatePassword(), NAMES)).toBeUndefined();
});
