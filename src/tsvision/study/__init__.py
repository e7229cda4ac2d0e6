"""The study itself: runs that are kept and never done twice, the claims and how each is judged; behind that, the runner
and the pages.
"""

from tsvision.study.claims import CLAIMS, PLAIN, apart
from tsvision.study.questions import QUESTIONS, common, gains, one_to_one
from tsvision.study.results import answer, check, collect, grid, literature, save
from tsvision.study.verdicts import explored, family, judge, only, primary
