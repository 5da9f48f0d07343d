import pytest
from dataclasses import replace
from processes import library
from processes.editing.folding import fold
from processes.editing.unfolding import unfold
from processes.editing.showing import typed_of
from processes.editing.reading import sheet_of
from processes.editing.page import Page
import time
pytestmark = pytest.mark.django_db
@pytest.mark.parametrize("t", library.templates(), ids=lambda t:t.key)
def test_rt(t):
    from people.models import Team, User
    for k in t.teams: Team.objects.create(key=k,name=k)
    s=fold(t.plan)
    a=time.perf_counter()
    p=Page(typed_of(s)); 
    b=time.perf_counter()
    f=p.faults
    c=time.perf_counter()
    r=sheet_of(p, t.plan)
    print(len(s.rows), round((b-a)*1e3), round((c-b)*1e3), round((time.perf_counter()-c)*1e3), sum(len(v) for _,v in p.typed.data.lists()))
    for x in f: print(x)
    for x,y in zip(s.rows,r.rows):
        if x!=y:
            for k in x.step.__dataclass_fields__:
                if getattr(x.step,k)!=getattr(y.step,k): print(x.step.key,k,getattr(x.step,k),getattr(y.step,k))
            if x.ways!=y.ways: print(x.ways,y.ways)
            if x.wait!=y.wait: print(x.wait,y.wait)
    for x,y in zip(s.fields,r.fields):
        if x!=y: print(x,y)
    assert r==s
