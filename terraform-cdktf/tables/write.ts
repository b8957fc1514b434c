// `npm run tables`: writes the settings and the costs into docs/deploy.md.
import { writeFileSync } from 'node:fs';
import { deployDocument, readDeployDocument, withTables } from './blocks.ts';

writeFileSync(deployDocument, withTables(readDeployDocument()));
