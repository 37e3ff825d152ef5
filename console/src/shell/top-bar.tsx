import TopNavigation from '@cloudscape-design/components/top-navigation';
import { useState } from 'react';
import { signOut, useAccessKey } from '../data/session.ts';
import { useSurroundings } from '../data/surroundings.tsx';
import icon from '../icon.svg';
import { useClockMenu } from './clock-menu.tsx';
import { hrefTo } from './router.ts';
import { chooseTheme, storedTheme, THEMES, type Theme } from './theme.ts';

const WORDS: Record<Theme, string> = { system: 'As the machine', light: 'Light', dark: 'Dark' };

const CHOSEN = { iconName: 'check' } as const;

/** Where one is, and how it looks. */
export function TopBar() {
  const [theme, setTheme] = useState(storedTheme);
  const { stackName, isLocal, region } = useSurroundings();
  const accessKey = useAccessKey();
  const clock = useClockMenu();
  const place = [stackName, isLocal ? 'this machine' : region];
  return (
    <header id="top-bar">
      <TopNavigation
        identity={{ href: hrefTo('/'), title: 'Task Mode', logo: { src: icon, alt: '' } }}
        utilities={[
          ...(clock.utility === undefined ? [] : [clock.utility]),
          ...(stackName === undefined
            ? []
            : [
                {
                  type: 'button' as const,
                  text: place.filter(Boolean).join(' on '),
                  href: hrefTo('/'),
                  disableUtilityCollapse: false,
                },
              ]),
          ...(accessKey === undefined
            ? []
            : [
                {
                  type: 'menu-dropdown' as const,
                  iconName: 'user-profile' as const,
                  text: accessKey.accessKeyId,
                  ariaLabel: `Signed in with ${accessKey.accessKeyId}`,
                  items: [{ id: 'sign-out', text: 'Sign out' }],
                  onItemClick: signOut,
                },
              ]),
          {
            type: 'menu-dropdown',
            iconName: 'settings',
            ariaLabel: 'Theme',
            title: 'Theme',
            items: THEMES.map((id) => ({ id, text: WORDS[id], ...(id === theme && CHOSEN) })),
            onItemClick: ({ detail }) => {
              const chosen = THEMES.find((id) => id === detail.id) ?? 'system';
              chooseTheme(chosen);
              setTheme(chosen);
            },
          },
        ]}
        i18nStrings={{ overflowMenuTriggerText: 'More', overflowMenuTitleText: 'All' }}
      />
      {clock.dialog}
    </header>
  );
}
