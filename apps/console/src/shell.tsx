import { ActionIcon, SegmentedControl, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Link, NavLink, useLocation } from 'react-router';
import { asProblem } from './api/client';
import { useOverview } from './api/queries';
import { useMe, useSession } from './api/session';
import { assess } from './parts/destination-state';
import { formatCompact } from './parts/format';
import {
  DeadLetterIcon,
  DestinationIcon,
  DeviceIcon,
  LeaveIcon,
  LiveIcon,
  MenuIcon,
  MoonIcon,
  OverviewIcon,
  PlaygroundIcon,
  SourceIcon,
  SunIcon,
} from './parts/icons';
import { Mark } from './parts/mark';
import { Pill } from './parts/pill';

const PAGES = [
  { to: '/', label: 'Overview', icon: <OverviewIcon /> },
  { to: '/events', label: 'Live events', icon: <LiveIcon /> },
  { to: '/sources', label: 'Sources', icon: <SourceIcon /> },
  { to: '/destinations', label: 'Destinations', icon: <DestinationIcon /> },
  { to: '/dead-letters', label: 'Dead letters', icon: <DeadLetterIcon /> },
  { to: '/playground', label: 'Playground', icon: <PlaygroundIcon /> },
] as const;

export function Shell({ children }: { readonly children: ReactNode }) {
  const [menuOpen, setMenuOpen] = useState(false);
  const { pathname } = useLocation();
  const [shownPath, setShownPath] = useState(pathname);
  if (pathname !== shownPath) {
    setShownPath(pathname);
    setMenuOpen(false);
  }
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        To the content
      </a>
      <div className="top-bar">
        <Link to="/" className="brand">
          <Mark size={24} /> Event gateway
        </Link>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label="Menu"
          aria-expanded={menuOpen}
          aria-controls="side"
          onClick={() => setMenuOpen(!menuOpen)}
        >
          <MenuIcon />
        </ActionIcon>
      </div>
      <div id="side" className={menuOpen ? 'side open' : 'side'}>
        <Link to="/" className="brand">
          <Mark size={24} /> Event gateway
        </Link>
        <Navigation />
        <Foot />
      </div>
      <main className="main" id="main" tabIndex={-1}>
        <Connection />
        {children}
      </main>
    </div>
  );
}

function Navigation() {
  const { data } = useOverview();
  const now = data ? Date.parse(data.at) : 0;
  const troubled = data?.destinations.filter((destination) => assess(destination, now).tone === 'bad').length ?? 0;
  const dead = data?.destinations.reduce((sum, { deadLettered }) => sum + deadLettered, 0) ?? 0;
  const counts: Readonly<Record<string, number>> = { '/destinations': troubled, '/dead-letters': dead };
  return (
    <nav aria-label="Pages">
      <ul>
        {PAGES.map(({ to, label, icon }) => {
          const count = counts[to] ?? 0;
          return (
            <li key={to}>
              <NavLink to={to} end={to === '/'} className="nav-link">
                {icon}
                {label}
                {count > 0 && (
                  <span className="nav-count">
                    <Pill tone="bad" plain>
                      {formatCompact(count)}
                      <VisuallyHidden>{to === '/destinations' ? ' in trouble' : ' kept'}</VisuallyHidden>
                    </Pill>
                  </span>
                )}
              </NavLink>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function Foot() {
  const { logOut } = useSession();
  const me = useMe();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const schemes = [
    { value: 'light', label: <Scheme name="Light" icon={<SunIcon size={15} />} /> },
    { value: 'auto', label: <Scheme name="As the system" icon={<DeviceIcon size={15} />} /> },
    { value: 'dark', label: <Scheme name="Dark" icon={<MoonIcon size={15} />} /> },
  ];
  return (
    <div className="side-foot">
      <SegmentedControl
        size="xs"
        aria-label="Colours"
        data={schemes}
        value={colorScheme}
        onChange={(value) => setColorScheme(value === 'light' || value === 'dark' ? value : 'auto')}
      />
      <div className="row who">
        <span>
          {me?.name ?? '…'}
          {me?.role === 'viewer' && <span className="dim"> (viewer)</span>}
        </span>
        <ActionIcon variant="default" aria-label="Log out" title="Log out" onClick={() => logOut()}>
          <LeaveIcon size={16} />
        </ActionIcon>
      </div>
    </div>
  );
}

function Scheme({ name, icon }: { readonly name: string; readonly icon: ReactNode }) {
  return (
    <span title={name} className="scheme">
      {icon}
      <VisuallyHidden>{name}</VisuallyHidden>
    </span>
  );
}

/** Says so when the gateway is away; what is on screen stays as it was. */
function Connection() {
  const { isError, failureCount, error, failureReason } = useOverview();
  if (!isError && failureCount === 0) return null;
  const { message } = asProblem(error ?? failureReason);
  return (
    <div className="banner" role="status">
      {message} What is shown may be old; trying again.
    </div>
  );
}
