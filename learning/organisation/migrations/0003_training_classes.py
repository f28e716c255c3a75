import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0002_rosterimport'),
    ]

    operations = [
        migrations.CreateModel(
            name='TrainingClass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('code', models.CharField(max_length=40, unique=True, verbose_name='期次')),
                ('from_date', models.DateField(verbose_name='开始日期')),
                ('to_date', models.DateField(verbose_name='结束日期')),
                ('state', models.CharField(choices=[('draft', '筹备中'), ('running', '进行中'), ('closed', '已结束')], default='draft', max_length=8, verbose_name='状态')),
                ('rules', models.TextField(blank=True, max_length=4000, verbose_name='班级要求')),
                ('created_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner_unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='training_classes', to='organisation.unit', verbose_name='所属党组织')),
            ],
            options={
                'verbose_name': '培训班',
                'verbose_name_plural': '培训班',
                'constraints': [models.CheckConstraint(condition=models.Q(('to_date__gte', models.F('from_date'))), name='class_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state', 'closed')), models.Q(models.Q(('state', 'closed'), _negated=True), ('closed_at', None)), _connector='OR'), name='closed_class_has_a_time')],
            },
        ),
        migrations.CreateModel(
            name='ClassMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('unit_ancestors', models.JSONField(default=list)),
                ('person_status', models.CharField(choices=[('public', '群众'), ('applicant', '申请人'), ('activist', '入党积极分子'), ('development', '发展对象'), ('probationary', '预备党员'), ('full', '正式党员')], max_length=14, verbose_name='人员状态')),
                ('state', models.CharField(choices=[('active', '在班'), ('withdrawn', '已退出'), ('graduated', '已结业'), ('failed', '未结业')], default='active', max_length=9, verbose_name='状态')),
                ('admitted_at', models.DateTimeField()),
                ('left_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=200, verbose_name='原因')),
                ('admitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.unit', verbose_name='党组织')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='class_memberships', to=settings.AUTH_USER_MODEL)),
                ('training_class', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='organisation.trainingclass')),
            ],
            options={
                'verbose_name': '培训班学员',
                'verbose_name_plural': '培训班学员',
                'indexes': [models.Index(fields=['user', 'state'], name='class_member_by_user')],
                'constraints': [models.UniqueConstraint(fields=('training_class', 'user'), name='class_member_once'), models.CheckConstraint(condition=models.Q(models.Q(('left_at', None), ('state', 'active')), models.Q(models.Q(('state', 'active'), _negated=True), ('left_at__isnull', False)), _connector='OR'), name='only_the_active_have_not_left')],
            },
        ),
    ]
