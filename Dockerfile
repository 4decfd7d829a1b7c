# One image for web, worker and beat. Built in two stages, so that compilers and Node.js stay out of it.
FROM node:22-slim AS assets
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=optional --no-audit --no-fund
COPY frontend ./frontend
COPY static ./static
RUN npm run build

FROM python:3.11-slim AS app
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=clusterhub.settings.production
RUN apt-get update \
    && apt-get install -y --no-install-recommends gettext \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /srv/clusterhub clusterhub
WORKDIR /srv/clusterhub
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY --chown=root:root . .
COPY --from=assets /build/static ./static
# The values only let the settings be read: nothing is connected to, and nothing of them stays in the image.
RUN export SECRET_KEY=build ALLOWED_HOSTS=build SITE_URL=https://build DATABASE_URL=postgres://build@localhost/build \
    && python manage.py collectstatic --no-input \
    && if ls locale/*/LC_MESSAGES/*.po > /dev/null 2>&1; then python manage.py compilemessages; fi \
    && install -d -o clusterhub /srv/media
USER clusterhub
ENV MEDIA_ROOT=/srv/media WEB_CONCURRENCY=2
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["sh", "-c", "exec granian --interface wsgi --host 0.0.0.0 --port 8000 --no-ws --workers \"$WEB_CONCURRENCY\" --blocking-threads 16 clusterhub.wsgi:application"]
