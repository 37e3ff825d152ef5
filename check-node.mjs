// Runs before npm start and npm test, on whatever Node there is: the one the project pins is the one Lambda runs.
import { readFileSync } from 'node:fs';

const { devDependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const [wanted] = devDependencies.node.split('.');
const [major] = process.versions.node.split('.');

if (major !== wanted) {
  console.error(
    `This project runs on Node ${wanted}, as its Lambda functions do, and found Node ${process.versions.node}.\n` +
      'Node comes with "npm ci", as the dev dependency "node". If it was installed with --ignore-scripts, run:\n' +
      '  npm rebuild node',
  );
  process.exit(1);
}
