# Where the workbook's apps find their providers, unless a .env says otherwise: the local stand-ins on this
# machine, with made-up keys. Flask reads this file by itself, from this folder and every folder below it.
FLASK_APP=app
TWITTER_URL=http://127.0.0.1:5001/twitter
TWITTER_KEY=workbook-twitter-key
TWITTER_SECRET=workbook-twitter-secret
FACEBOOK_URL=http://127.0.0.1:5001/facebook
FACEBOOK_GRAPH_URL=http://127.0.0.1:5001/facebook/graph
FACEBOOK_KEY=1002003004005006
FACEBOOK_SECRET=workbook-facebook-secret
GOOGLE_URL=http://127.0.0.1:5001/google
GOOGLE_KEY=workbook-google-key
GOOGLE_SECRET=workbook-google-secret
GITHUB_URL=http://127.0.0.1:5001/github
GITHUB_API_URL=http://127.0.0.1:5001/github/api
GITHUB_KEY=workbook-github-key
GITHUB_SECRET=workbook-github-secret
# Signs the apps' session cookies on your own machine. It is public, so it protects nothing: a real app has its own.
SECRET_KEY=for-your-own-machine-only
# The local providers speak plain HTTP, on this machine only. Without this oauthlib rejects OAuth 2 with them.
OAUTHLIB_INSECURE_TRANSPORT=1
# A proxy that your shell names is for other machines: requests to the local providers go straight to them.
NO_PROXY=localhost,127.0.0.1,::1
