import { readAppSettings } from '../assembly/synthesize.ts';
import type { Host } from '../resources/deployer.ts';
import { appFiles } from './app-files.ts';
import { HotReload } from './hot-reload.ts';

/** Has the functions of an app that was just deployed follow their files from now on. */
export function startHotReload(appDir: string, outDir: string, host: Host): HotReload {
  const { reloadables: functions, lambda, log } = host;
  const hotReload = new HotReload({
    functions,
    // A file that cannot be read by now is told of at the next start.
    appFiles: readAppSettings(appDir)
      .then(({ command }) => appFiles(appDir, command))
      .catch(() => []),
    outDir,
    lambda,
    log,
  });
  hotReload.start();
  return hotReload;
}
