import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { BrowserRouter, Route, Routes } from 'react-router';
import { Problem } from './api/client';
import { SessionProvider, useSession } from './api/session';
import { LogInPage } from './pages/log-in-page';
import { NotFoundPage } from './pages/not-found-page';
import { OverviewPage } from './pages/overview/overview-page';
import { Loading } from './parts/states';
import { Shell } from './shell';
import { theme } from './theme';

const LivePage = lazy(() => import('./pages/live/live-page'));
const EventPage = lazy(() => import('./pages/live/event-page'));
const SourcesPage = lazy(() => import('./pages/configure/sources-page'));
const SourcePage = lazy(() => import('./pages/configure/source-page'));
const SourceFormPage = lazy(() => import('./pages/configure/source-form-page'));
const DestinationsPage = lazy(() => import('./pages/configure/destinations-page'));
const DestinationPage = lazy(() => import('./pages/configure/destination-page'));
const DestinationFormPage = lazy(() => import('./pages/configure/destination-form-page'));
const DeadLettersPage = lazy(() => import('./pages/dead-letters/dead-letters-page'));
const PlaygroundPage = lazy(() => import('./pages/playground/playground-page'));

const MAX_RETRIES = 2;
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1_000,
      // What the gateway refuses it will refuse again.
      retry: (failures, error) => failures < MAX_RETRIES && !(error instanceof Problem && error.status >= 400),
      retryDelay: 1_000,
    },
  },
});

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <Notifications position="bottom-right" />
      <QueryClientProvider client={queries}>
        <SessionProvider>
          <Pages />
        </SessionProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}

function Pages() {
  const { client } = useSession();
  if (!client) return <LogInPage />;
  return (
    <BrowserRouter basename="/console">
      <Shell>
        <Suspense fallback={<Loading />}>
          <Routes>
            <Route index element={<OverviewPage />} />
            <Route path="events" element={<LivePage />} />
            <Route path="events/:id" element={<EventPage />} />
            <Route path="sources" element={<SourcesPage />} />
            <Route path="sources/new" element={<SourceFormPage />} />
            <Route path="sources/:id" element={<SourcePage />} />
            <Route path="sources/:id/edit" element={<SourceFormPage />} />
            <Route path="destinations" element={<DestinationsPage />} />
            <Route path="destinations/new" element={<DestinationFormPage />} />
            <Route path="destinations/:id" element={<DestinationPage />} />
            <Route path="destinations/:id/edit" element={<DestinationFormPage />} />
            <Route path="dead-letters" element={<DeadLettersPage />} />
            <Route path="playground" element={<PlaygroundPage />} />
            <Route path="*" element={<NotFoundPage />} />
          </Routes>
        </Suspense>
      </Shell>
    </BrowserRouter>
  );
}
